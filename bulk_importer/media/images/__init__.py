"""The images of media, for pictures that are drawn on them: files of a folder, or addresses.

`folder` finds the file of a media by its id or name, `content` reads what a page may show of it, and `address` makes
the address where images are on a server. Nothing is read outside of the folder, and nothing is fetched.
"""
