"""What the page says before the keys, in both languages; the examples of both stand here once."""

from __future__ import annotations

_LEAST = """\
```toml
devices = 1000
[download]
size = "2M"
[[model]]
model = "air780e-at"
```"""
_MISTAKES = """\
```
plan.toml: [[link]] 2: loss is 1.5: give 0 to 0.5
plan.toml: [server]: latencie: no such key, perhaps latency; there are connections, backlog, …
```"""

ENGLISH = f"""\
# The plan of a campaign

<!-- Written by `make reference` from the keys in src/atwin/fleet/campaign; do not edit. -->

[中文](fleet-plan.zh.md)

A PLAN.toml says which devices fetch what, from what server, and by what rules. This page has every
key; [Plan an OTA campaign](../howto/campaign.md) shows the result of one. Two plans are in
[examples/fleet](../../examples/fleet); the least that a plan can say is:

{_LEAST}

**Values.** A size is a number of bytes, or `"300K"`, `"2M"`, `"1G"`, where K is 1024 bytes. A rate
is a number of **bytes** per second, or `"60K"`, `"1.2M"`, where K is 1000, as in networks; bits
have their unit: `"20 Mbit/s"` is 2.5M. A duration is a number of seconds, or `"300 ms"`, `"90 s"`,
`"15 min"`, `"2 h"`, `"3 d"`. Ranges include both ends.

**Shares.** Those of `[[model]]`, `[[link]]` and `[[zone]]` are weights: 7 and 3 are the same as 0.7
and 0.3. Those of `[[faults]]` and `[[stage]]` are shares of the whole fleet, and come to 1 at most.

**Files** that a plan names are found from the folder of the plan. They are read once, with the
plan: a worker on another computer needs none of them.

**Chance.** `seed` and the number of a device decide all about it. So the first 1,000 devices are
the same in a fleet of 1,000 and in one of 50,000, and so is the outcome of each while it is alone
with the server.

**A real server.** With `url` in `[server]` the simulated devices come to a server on this
computer, in real time and all in one process: when `[arrival]` says, counted from the start, each
with the same twin, host and link as on the virtual clock. Before that the file is fetched once, for
its size and SHA-256. Windows, stages, abort and end are of the whole fleet, which is worked out
afterwards as usual. Take a short `over` in `[arrival]`, and few devices: a core has time for some
hundred at 115200 bit/s. The figures of 50 devices against nginx are within 5 % of those predicted.

**A mistake** is one line with file, table, key and what the key takes, and exit code 2:

{_MISTAKES}

**An editor** that knows JSON schemas of TOML (VS Code with Even Better TOML; Helix and Neovim with
Taplo) completes keys and marks mistakes when the first line of the plan says where
[fleet-plan.schema.json](fleet-plan.schema.json) is: `#:schema ./fleet-plan.schema.json`.

A fleet has as many kinds of devices (strata) as there are combinations of `[[model]]`, `[[link]]`
and `[[faults]]`, those without faults included: 1,000 at most.
"""

CHINESE = f"""\
# 升级计划文件

<!-- Written by `make reference` from the keys in src/atwin/fleet/campaign; do not edit. -->

[English](fleet-plan.md)

计划文件 PLAN.toml 写明：哪些设备、下载什么、从什么样的服务器、按什么规则。这里列出全部键；怎样用，见
[规划大批设备的升级](../howto/ota-planner.zh.md)和[升级任务的例子与结果](../howto/campaign.zh.md)。
[examples/fleet](../../examples/fleet) 里有两份现成的。最短的计划：

{_LEAST}

**取值。** 大小写字节数，或 `"300K"`、`"2M"`、`"1G"`，K 为 1024。速率写每秒**字节**数，或 `"60K"`、`"1.2M"`，K 为 1000；
按比特写要带单位：`"20 Mbit/s"` 就是 2.5M。时长写秒数，或 `"300 ms"`、`"90 s"`、`"15 min"`、`"2 h"`、`"3 d"`。范围包括两端。

**比例。** `[[model]]`、`[[link]]`、`[[zone]]` 的 `share` 是权重：7 和 3 与 0.7 和 0.3 一样。`[[faults]]`、`[[stage]]` 的 `share`
是占全部设备的比例，合计不超过 1。

**文件。** 计划里写的文件路径从计划所在目录算起，与计划一起读入一次；别的机器上的工作进程不需要这些文件。

**随机。** 一台设备的一切由 `seed` 和它的编号决定。所以 1,000 台里的每一台，与 50,000 台里的前 1,000 台相同；不受服务器影响时，它的结果也相同。

**真实服务器。** `[server]` 里写了 `url` 时，仿真的设备实时访问本机上的服务器，全部在一个进程里，按 `[arrival]` 的时间开始，模块、主机和链路与
虚拟时钟上的一样。先下载一次，以得到大小和 SHA-256。时间窗、阶段、中止和结束时间是对全部设备说的，照旧在之后推算。
`[arrival]` 的 `over` 要短，设备要少：115200 bit/s 时一个核大约够一百台。对 nginx 用 50 台实测，与预测相差不到 5 %。

**写错了**只打印一行：文件、表、键和可取的值，退出码 2：

{_MISTAKES}

**编辑器**：支持 TOML JSON schema 的编辑器（VS Code 的 Even Better TOML；Helix、Neovim 的 Taplo）会补全键名、标出错误，只要计划的第一行写明
[fleet-plan.schema.json](fleet-plan.schema.json) 在哪里：`#:schema ./fleet-plan.schema.json`。

`[[model]]`、`[[link]]`、`[[faults]]`（含无故障）的每种组合是一类设备（统计上的一层），最多 1,000 类。
"""
