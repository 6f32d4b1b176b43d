"""The twin's state, actions and events over HTTP, and the page that shows them.

`panel` puts it together: `server` carries connections on the loop of the twin, `guard` decides who
may come in, `app` has the routes, `api` the table of what they do, `operation` what a row of it is,
`events` the stream, and `openapi` describes all of it. It needs `atwin[panel]`, and nothing else of
atwin imports it until somebody asks for it.
"""
