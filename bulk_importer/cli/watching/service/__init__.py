"""A command under a service manager: that it has begun, how far it is, and how long its end may take.

systemd passes an address in `NOTIFY_SOCKET` to a unit of `Type=notify`; others that start services speak the same
protocol. Where the variable is not set nothing is loaded and nothing is told. `datagrams` knows the protocol and no
command, `notifying` is the watcher.
"""
