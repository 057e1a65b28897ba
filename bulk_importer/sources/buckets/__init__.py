"""What lies in buckets: `stores` opens one, for sources and for plans; `objects` reads an object of it as a source."""
