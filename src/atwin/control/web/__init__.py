"""The twin's state, actions and events over HTTP, and the page that shows them.

`server` carries connections on the loop of the twin, `guard` decides who may come in, `app` has the
routes, `api` what each does, `events` the stream, `recording` the files, `openapi` describes all
of it. It needs `atwin[panel]`, and nothing else of atwin imports it until somebody asks for it.
"""
