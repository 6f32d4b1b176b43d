// Header, connection, help, and what any card may say.

export const SHELL = {
    "shell.module": ["Module", "模块"],
    "shell.language": ["中文", "English"],
    "shell.theme.auto": ["◐ system", "◐ 跟随系统"],
    "shell.theme.light": ["○ light", "○ 浅色"],
    "shell.theme.dark": ["● dark", "● 深色"],
    "shell.theme": ["Colours: as the system has them, light, or dark", "颜色：跟随系统、浅色或深色"],
    "shell.help": ["Keys and help (?)", "按键与帮助（?）"],
    "shell.real": ["a module on a real port", "真实端口上的模块"],
    "card.failed": ["This card cannot be shown: {why}", "无法显示此面板：{why}"],
    "link.connecting": ["connecting", "正在连接"],
    "link.live": ["live", "实时"],
    "link.caught": ["live, caught up: {n}", "实时，已补上 {n} 条"],
    "link.lost": ["connection lost", "连接已断开"],
    "link.ended": ["ended", "已结束"],
    "link.denied": ["not let in", "未获授权"],
    "banner.lost": [
        "Connection lost at {at}, {ago} s ago. The page tries again and then catches up.",
        "连接于 {at} 断开（{ago} 秒前）。页面会自动重连并补上缺失的记录。",
    ],
    "banner.denied": [
        "atwin does not let this page in. Open the address that it printed when it started.",
        "atwin 未授权此页面。请打开 atwin 启动时输出的地址。",
    ],
    "banner.ended": [
        "The module ended at {at}. What came until then stays here.",
        "模块已于 {at} 结束。此前的内容保留在此。",
    ],
    "error.unreachable": ["no answer from atwin", "atwin 没有响应"],
    "error.odd": ["atwin answered {status} without a reason", "atwin 返回 {status}，未说明原因"],
    "help.title": ["Keys", "按键"],
    "help.more": [
        "A click on a row shows its bytes; a drag selects text. A pattern /like this/ is a regexp.",
        "单击一行可查看其字节；拖动可选择文本。两个斜杠之间的内容按正则表达式处理。",
    ],
    "help.close": ["Close", "关闭"],
    "key.help": ["this help", "本帮助"],
    "key.tab": ["the next thing to press or to fill in", "下一个按钮或输入框"],
};
