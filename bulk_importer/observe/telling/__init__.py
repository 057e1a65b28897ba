"""Telling others that a command began, and how it ended: a command of the shell, and a URL that is called.

`facts` says what is told, in an environment and as the body of a request, and `shell` runs a command and ends it where
it hangs. Whom to call, and how, is for who knows proxies and certificates.

No token is told to anybody. After a `kill -9` nobody is left who could tell: who has to know that, too, lets a service
expect the call (`--ping`), or looks at the age of a file (`--metrics-file`).
"""
