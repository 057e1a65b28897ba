"""How one batch is sent: layers, each of which is a `Sender` around another one and adds one behaviour.

A batch goes through them from the top down, and its verdict comes back up:

    concluded    records what was delivered or is in doubt, and tells people
    returned     ends its trial, counts how long it took, and wakes who waits for that
    retrying     sends again what was not executed and may pass in a moment; not what is taken apart
    paced        waits for the rates and the hours that a person allowed
    preserved    has what it replaces read and kept
    exclusive    leaves beside others, or alone
    guarded      holds back once the run stops or the server is away: it is not on record, and stays owed
    recorded     puts on record that the batch may have left, durably
    guarded      the same once more: the disk took its time
    counted      counts requests, and what is in flight
    scored       lets the gate learn
    watched      tells the breaker, and who looks whether uploads pass
    http         uploads the body

The order is what the promises need: whatever waits does so before the record, and behind it a batch waits for the
server alone. What a layer knows and those below have to know travels in the `SendContext`. `build` assembles them; no
layer knows which one is inside.
"""
