// The dialogue, the bytes and the command line.

export const DIALOGUE = {
    "dialogue.title": ["AT dialogue", "AT 对话"],
};
