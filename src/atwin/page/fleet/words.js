// The texts of the page of a campaign, in English and Chinese.

import { speaker } from "../alone/words.js";

const CAMPAIGN_WORDS = {
    about: [
        "{devices} devices, {simulated} of them simulated; seed {seed}. Times count from {starts}.",
        "共 {devices} 台设备，其中 {simulated} 台经过仿真；随机种子 {seed}。时间从 {starts} 起算。",
    ],
    interval: ["{low} to {high}", "{low} 至 {high}"],
    why: [
        "In brackets: 95 % intervals, by the sample and by other chance at the server.",
        "括号内为 95 % 置信区间，来自抽样和服务器处的随机性。",
    ],
    span: ["{min} to {max}", "{min} 至 {max}"],
    never: ["never", "未达到"],

    by50: ["50 % have the file after", "50 % 的设备完成用时"],
    by90: ["90 % have the file after", "90 % 的设备完成用时"],
    by95: ["95 % have the file after", "95 % 的设备完成用时"],
    by99: ["99 % have the file after", "99 % 的设备完成用时"],
    by100: ["all have the file after", "全部设备完成用时"],
    billed: ["billed", "计费流量"],
    each: ["billed a device", "每台计费流量"],
    price: ["price", "费用"],
    priceEach: ["price a device", "每台费用"],
    retried: ["need a second attempt", "需要再次尝试"],
    failed: ["fail by themselves", "设备自身失败"],
    lost: ["fail in all", "最终失败合计"],
    peak_connections: ["connections at once", "最大并发连接"],
    peak_requests: ["requests in a second", "每秒请求峰值"],
    peak_sent: ["bytes in a second", "每秒字节峰值"],
    waits: ["waits for a connection", "排队等待连接次数"],
    longest: ["longest wait", "最长等待"],
    refused: ["attempts refused", "被拒绝的尝试"],

    completion: ["Devices that have the file, %", "已完成的设备，%"],
    connections: ["Open connections: mean, and peak of a second", "并发连接：均值与秒级峰值"],
    requests: ["Requests a second: mean and peak", "每秒请求：均值与峰值"],
    sent: ["Sent by the server, MB/s: mean and peak", "服务器发送 MB/s：均值与峰值"],
    done: ["have the file", "已完成"],
    connectionsNow: ["connections", "连接"],
    requestsNow: ["requests/s", "请求/秒"],

    bill: ["Bill", "账单"],
    "bill.part": ["part", "项目"],
    "bill.bytes": ["traffic", "流量"],
    "bill.each": ["bytes a device", "每台字节"],
    "bill.price": ["price", "费用"],
    "bill.file": ["the file, once for each device that has it", "文件本身，每台完成的设备计一次"],
    "bill.again": ["of the file, fetched again or in vain", "重复或徒劳下载的文件内容"],
    "bill.overhead": [
        "HTTP and TCP/IP headers, TLS, what nobody read",
        "HTTP 头、TCP/IP、TLS 以及收到而未读取的数据",
    ],
    "bill.billed": ["billed", "计费合计"],

    causes: ["Failures by cause", "失败原因"],
    "causes.cause": ["cause", "原因"],
    "causes.attempts": ["attempts", "尝试"],
    "causes.devices": ["devices", "设备"],
    "causes.got": ["got the file then", "之后完成"],
    "causes.lost": ["failed for good", "最终失败"],
    "cause.server": ["the server refused, or its file kept changing", "服务器拒绝，或文件不断变化"],
    "cause.usage": ["impossible with this module", "该模块不支持"],
    "cause.verification": ["the file was not the right one, and was thrown away", "文件校验不符，已丢弃"],
    "cause.tls": ["no secure channel, or it broke", "TLS 通道无法建立或中断"],
    "cause.sim": ["SIM out or locked: a person has to come", "SIM 卡缺失或锁定：需人工处理"],
    "cause.line": ["bytes lost between host and module", "主机与模块之间丢失字节"],
    "cause.outage": ["out of reach of the radio", "无线信号中断"],
    "cause.network": ["did not reach the server", "无法到达服务器"],
    "cause.module": ["module silent, or not on the network", "模块无应答或未入网"],
    "cause.wrong": ["a wrong file, and nobody noticed", "文件错误且未被发现"],
    "cause.hang": ["the simulation did not end: a defect", "仿真未结束：程序缺陷"],
    "cause.crash": ["the simulation broke: a defect", "仿真崩溃：程序缺陷"],
    "cause.late": ["the campaign was over", "升级任务已结束"],

    rungs: ["Recovery", "恢复阶梯"],
    "rungs.rung": ["rung", "步骤"],
    "rungs.devices": ["devices", "设备"],
    "rungs.helped": ["it helped", "有效"],
    faults: ["Faults that happened", "发生的故障"],
    "faults.fault": ["fault", "故障"],
    "faults.devices": ["devices", "设备"],
    "faults.failed": ["failed for good", "最终失败"],

    stages: ["Stages", "分阶段推送"],
    "stages.number": ["stage", "阶段"],
    "stages.devices": ["devices", "设备"],
    "stages.began": ["began", "开始"],
    "stages.ended": ["ended", "结束"],
    "stages.done": ["done", "完成"],
    "stages.failed": ["failed", "失败"],
    "stages.gate": ["gate", "准入"],
    "gate.true": ["passed", "通过"],
    "gate.false": ["stopped", "停止"],
    "gate.null": ["", ""],

    worst: ["Worst of the simulated devices", "仿真设备中最差的"],
    "worst.device": ["device", "设备"],
    "worst.seed": ["seed", "种子"],
    "worst.kind": ["kind", "类别"],
    "worst.why": ["why it failed", "失败原因"],
    "worst.seconds": ["after", "用时"],
    "worst.attempts": ["attempts", "尝试"],
    "worst.billed": ["bytes billed", "计费字节"],
    "worst.commands": ["alone: simulated, in real time", "单独重跑：仿真、实时"],

    plan: ["Plan", "计划"],
    "plan.table": ["table", "表"],
    "plan.keys": ["what it says, in bytes, seconds, bytes per second", "内容（单位：字节、秒、字节/秒）"],
    notes: ["Notes", "备注"],
    aborted: ["Aborted", "已中止"],
};

/** The text of a key. */
export const t = speaker(CAMPAIGN_WORDS);

/** The text of a key that a device or a plan has a part in; `other` where there is none. */
export function tOr(key, other) {
    return Object.hasOwn(CAMPAIGN_WORDS, key) ? t(key) : other;
}
