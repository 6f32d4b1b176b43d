"""Pages whose commands run: `test_pages` runs them, `python -m tests.docs.running` helps to write.

An author's rules. A ```console block has `$ command` lines, each with its output below; a command
goes on after a backslash, an open quote, `do` or `<<`, with or without `> ` before it. All blocks
of a page run in order, in one bash and one empty folder, which has `examples` when the page names
it. Standard error is shown too. A command ends with 0, or the page goes on with `$ echo $?`.

- A line of `...` stands for any lines, `…` in a line for the rest of a word; what differs from run
  to run is in the table of `matching`.
- A command that ends with `&` runs until the page is over. What is shown below it is waited for;
  what it says later is said in another terminal.
- A block of any language with `title="NAME"` is written to NAME.
- `127.0.0.1:PORT`, ports 18000 to 18499 and files below /tmp are others in each run.
- `<!-- /dev/ttyUSB0: --model air724ug -->` says which twin that device is (air780e-at without).
- `<!-- not run: REASON -->` above a block of `console` or `sh` says why it is not run.
- PAGE.zh.md has the same commands, output and files; comments after ` #` are translated.
"""
