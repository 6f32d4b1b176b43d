// Header, connection, help, and what any card may say.

export const SHELL = {
    "shell.module": ["Module", "模块"],
    "shell.language": ["中文", "English"],
    "shell.theme.auto": ["Theme: system", "主题：跟随系统"],
    "shell.theme.light": ["Theme: light", "主题：浅色"],
    "shell.theme.dark": ["Theme: dark", "主题：深色"],
    "shell.help": ["Keys and help (?)", "按键与帮助（?）"],
    "shell.real": ["real module", "真实模块"],
    "card.failed": ["This card cannot be shown: {why}", "无法显示此面板：{why}"],
    "card.unknown": ["not known here", "此处未知"],
    "link.connecting": ["connecting", "正在连接"],
    "link.live": ["live", "实时"],
    "link.caught": ["live; {n} records caught up", "实时；已补上 {n} 条记录"],
    "link.lost": ["connection lost", "连接已断开"],
    "link.ended": ["module has ended", "模块已结束"],
    "link.denied": ["not let in", "未获授权"],
    "error.unreachable": ["no answer from atwin", "atwin 没有响应"],
    "error.odd": ["atwin answered {status} without a reason", "atwin 返回 {status}，未说明原因"],
};
