"""The words of docs/reference/fleet-plan.zh.md: what the keys say in English, in Chinese."""

from __future__ import annotations

import re

#: What is in the page, where English has a sentence.
_WORDS = {
    "The top of the file": "文件开头",
    "| key | what it is | takes | default |": "| 键 | 含义 | 取值 | 默认 |",
    "must be given": "必填",
    "one with its defaults": "一个，全部取默认值",
    "a table": "一个表",
    ": ": "：",
    "true or false": "true 或 false",
    "devices of the fleet": "设备台数",
    "seed of everything random": "所有随机数的种子",
    "what each device fetches": "每台设备下载什么",
    "modules": "模块型号",
    "links to the network": "网络链路",
    "what goes wrong in some": "部分设备的故障",
    "when devices come": "设备何时开始下载",
    "where devices are": "设备所在时区",
    "what follows an attempt that failed": "失败后怎样重试",
    "what the server can do": "服务器的能力",
    "begin and end": "开始与结束",
    "a roll-out in parts": "分阶段推送",
    "what traffic costs": "流量单价",
    "how many devices are simulated": "仿真多少台",
    "The file that each device fetches, and how.": "每台设备下载的文件，以及下载方式。",
    "size of the file": "文件大小",
    "whether it comes by HTTPS (TLS 1.2)": "是否用 HTTPS（TLS 1.2）",
    "as `atwin get --strategy`": "下载方式，同 `atwin get --strategy`",
    "size of a part, as `atwin get --chunk`; by default what suits the module": (
        "分段大小，同 `atwin get --chunk`；默认取适合该模块的值"
    ),
    "whether the host knows the SHA-256 of the file beforehand": "主机是否事先知道文件的 SHA-256",
    "whether the server sends an ETag": "服务器是否发送 ETag",
    "What module some of the devices have, and how its line is set.": (
        "一部分设备用的模块，以及串口的设置。"
    ),
    "what reports call it; by default the model": "报告里的名称；默认为型号",
    "the module, as `atwin twin --model` takes it": "模块型号，同 `atwin twin --model`",
    "weight among the models": "在各型号中的权重",
    "rate of the line in bit/s": "串口波特率",
    "flow control that the host asks for": "主机设置的流控",
    "as in `[download]`, for this module alone": "同 `[download]`，只用于这一型号",
    "How some of the devices reach the network. Rates in bytes per second.": (
        "一部分设备的网络条件。速率为每秒字节数。"
    ),
    "what reports call it; by default `link 1` and so on": "报告里的名称；默认 `link 1` 等",
    "weight among the links": "在各链路中的权重",
    "rate from the server to the module": "下行速率",
    "rate from the module to the server": "上行速率",
    "time from the module to the server and back": "模块到服务器的往返时延",
    "share of the segments that get lost": "TCP 报文段的丢包率",
    "outages in an hour, by chance (Poisson)": "每小时断网次数（泊松分布）",
    "mean length of an outage (exponential)": "每次断网的平均时长（指数分布）",
    "What goes wrong in some of the devices. Here a share is a share of all.": (
        "一部分设备发生的故障。这里的比例占全部设备。"
    ),
    "what reports call it; by default `random` or the plan's name": (
        "报告里的名称；默认 `random` 或故障计划的名称"
    ),
    "share of the devices; the rest has no faults": "占全部设备的比例；其余没有故障",
    "one random plan for each device, or a plan": "每台一个随机故障计划，或指定的故障计划",
    "When devices come for the file for the first time.": "设备第一次来下载的时间。",
    "how devices arrive: a word, or points": "到来的方式：一个词，或若干个点",
    "time in which they come, of which only the hours of a window count; not with points": (
        "全部设备在多长时间内到来；有时间窗时只计窗内的时间；用点时不写"
    ),
    "local time in which an attempt may begin": "允许开始尝试的当地时间",
    "Where some of the devices are, for `window`.": "一部分设备所在的时区，供 `window` 使用。",
    "time zone": "时区",
    "weight among the zones": "在各时区中的权重",
    "What a device does after an attempt that failed.": "一次尝试失败之后，设备怎么办。",
    "attempts of a device, the first included": "每台最多尝试几次，含第一次",
    "waits before the second attempt, the third and so on; the last one repeats": (
        "第二次、第三次……尝试之前各等多久；之后重复最后一个"
    ),
    "the host's own limit without progress, in one attempt": "一次尝试中，多久没有进展主机就放弃",
    "whether every attempt after the first begins with a restart of the module, as "
    "`atwin recover --restart` does it: some faults end with nothing less": (
        "第一次之后的尝试是否先重启模块，做法同 `atwin recover --restart`：有些故障只有重启才能消除"
    ),
    "What the server can do. A limit that is not given does not apply.": "服务器的能力。没写就是没有限制。",
    "connections at once": "并发连接数上限",
    "connections that wait; more are refused": "排队的连接数；再多就拒绝",
    "rate of all connections together": "总出口带宽",
    "rate of one connection": "单个连接的限速",
    "requests in a second": "每秒请求数",
    "connections of one device; a module's HTTP has one, so none is refused": (
        "每台设备的连接数；模块的 HTTP 只用一个，所以不会拒绝"
    ),
    "how long an idle connection stays; 0: it ends with an answer": (
        "空闲连接保持多久；0 表示应答后即断开"
    ),
    "time until the first byte of an answer": "应答首字节的延迟",
    "a real server on this computer, loaded in real time, instead of a model": (
        "本机上的真实服务器，实时访问，代替服务器模型"
    ),
    "When it begins and ends.": "升级任务何时开始、何时结束。",
    "when it begins": "开始时间",
    "when it ends; what is not done then has failed": "持续多久；到时还没完成的算失败",
    "when it stops handing out": "何时中止推送",
    "Handing out stops when too many devices have failed for good.": (
        "最终失败的设备太多时，停止推送。"
    ),
    "share of the ended devices that may have failed": "已结束的设备中，允许失败的比例",
    "ended devices before which nothing stops": "至少结束这么多台之后才可能中止",
    "A part of the fleet that comes before the others.\n\n"
    "The next one begins when its devices have ended, and not before `hold` has passed since it\n"
    "began; what the stages leave of the fleet is a last one.": (
        "先于其余设备升级的一批。\n\n"
        "这一批全部结束，并且从它开始起至少过了 `hold`，下一批才开始；各阶段之外的设备是最后一批。"
    ),
    "share of the whole fleet in this stage alone": "这一阶段占全部设备的比例，不含之前各阶段",
    "least time from its begin to that of the next": "从本阶段开始到下一阶段开始，至少隔多久",
    "share of its devices that may fail; more stop the campaign": (
        "本阶段允许失败的比例；超过就停止整个升级任务"
    ),
    "What a megabyte costs.": "每 MB 的价格。",
    "price of a megabyte": "每 MB 价格",
    "bytes of a megabyte on the bill": "计费时 1 MB 是多少字节",
    "what the price is in": "货币",
    "How many devices are simulated; the others are drawn from these.": (
        "仿真多少台；其余设备由它们推算。"
    ),
    "devices to simulate; 8 of each stratum at least": "仿真的台数；每类至少 8 台",
    "a text of 1 to 40 characters that show, without /": "1 到 40 个可显示的字符，不含 /",
    "a model as of `atwin models`, NAME@FIRMWARE, or the path of a profile: ./mine.toml": (
        "`atwin models` 列出的型号、型号@固件，或型号文件的路径：./mine.toml"
    ),
    '"random", or a plan as of `atwin twin --faults`: its name or path': (
        '"random"，或 `atwin twin --faults` 的故障计划：名称或路径'
    ),
    '"even", "at once", "falling", or 1 to 1,000 points [time, share so far], neither of which '
    "falls, up to a share of 1": (
        '"even"（均匀）、"at once"（同时）、"falling"（先多后少），或 1 到 1,000 个点 [时间, 累计比例]，'
        "都不能减小，最后的比例为 1"
    ),
    'a time of the day from and to, such as "02:00-05:00" or "22:00-04:00"': (
        '一天中的起止时间，如 "02:00-05:00"、"22:00-04:00"'
    ),
    '"+08:00", from "-14:00" to "+14:00"': '"+08:00"，从 "-14:00" 到 "+14:00"',
    "a list of 1 to 99 durations, 0 to 366 d each": "1 到 99 个时长，每个 0 到 366 d",
    'an http:// or https:// URL of this computer, such as "http://127.0.0.1:8080/fw.bin"': (
        '本机的 http:// 或 https:// URL，如 "http://127.0.0.1:8080/fw.bin"'
    ),
    'a date, time and zone, such as "2026-12-01T00:00:00Z", of 2000 to 2099': (
        '日期、时间和时区，如 "2026-12-01T00:00:00+08:00"，2000 到 2099 年'
    ),
}
_KINDS = {
    "": "",
    "a whole number, ": "整数，",
    "bytes, ": "字节数，",
    "bytes per second, ": "每秒字节数，",
}
_SPAN = re.compile(
    r"(a whole number, |bytes, |bytes per second, |)([\d.,]\S*(?: (?:s|min))?) to (.+)"
)


def chinese(text: str) -> str:
    """The same in Chinese. Raises `KeyError` for what has no translation yet."""
    if text in _WORDS:
        return _WORDS[text]
    if span := _SPAN.fullmatch(text):
        return f"{_KINDS[span[1]]}{span[2]} 到 {span[3].replace(' tables', ' 个表')}"
    if text.startswith("one of "):
        return text.removeprefix("one of ") + " 之一"
    if text.startswith('"max", or one of '):
        return '"max"，或 ' + text.removeprefix('"max", or one of ') + " 之一"
    raise KeyError(text)
