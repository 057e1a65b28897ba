"""What has to do with the label files of other tools: which are read (`formats`), and what becomes of one (`convert`).

`account_text` shows an account, wherever one is shown: after `convert`, `check` and `import`.
"""
