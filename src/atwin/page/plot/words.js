// The texts of the page of `atwin trace plot`, in English and Chinese.

import { speaker } from "../alone/words.js";

/** The text of a key. */
export const t = speaker({
    throughput: [
        "Line, kB/s: ▲ to the host, ▼ to the module",
        "串口 kB/s：▲ 至主机，▼ 至模块",
    ],
    buffer: ["HTTP buffer, bytes", "HTTP 缓冲区，字节"],
    connections: ["Connections, of {top}", "连接数，共 {top} 个"],
    events: ["Events", "事件"],
    listed: ["Events in view", "当前视图中的事件"],
    command: ["commands", "命令"],
    error: ["errors", "错误"],
    urc: ["URC", "URC"],
    net: ["network", "网络"],
    line: ["line", "串口"],
    power: ["power", "电源"],
    fault: ["faults", "故障"],
    host: ["host", "主机"],
    span: [
        "{min} to {max} of {all} s, in steps of {step}",
        "{min} 至 {max} 秒，共 {all} 秒，步长 {step}",
    ],
    toHost: ["to the host", "至主机"],
    toModule: ["to the module", "至模块"],
    inBuffer: ["buffer", "缓冲区"],
    open: ["connections", "连接"],
    of: ["{n} of {top}", "{n} / {top}"],
    more: ["and {n} more", "另有 {n} 条"],
    none: ["No events in this span.", "此时段内没有事件。"],
    here: ["Zoom in here", "在此处放大"],
    resolution: [
        "{records} records. Throughput is kept in steps of {bin}",
        "{records} 条记录。吞吐量的步长为 {bin}",
    ],
    thinned: [
        "; {name}: of each {width} the first, and how many more",
        "；{name}：每 {width} 保留第一条及其余条数",
    ],
    thinnedSteps: [
        "; {name}: of each {width} least, most and last",
        "；{name}：每 {width} 保留最小、最大和最后的值",
    ],
    stop: [".", "。"],
});
