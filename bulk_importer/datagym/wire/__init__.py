"""HTTP with one server: requests out, whole answers or failures back, of any status. What they mean is for `answers`.

- `client` is the pool of connections; `exchange` watches one request while it is under way.
- `connection` says how the server is reached: proxy, certificates, headers. `proxies` finds the proxy, `socks` goes
  through those of that kind.
- `api_token` holds the token, and takes it out of what is shown.
- `failures` turns what aiohttp raises into how far a request got.
"""
