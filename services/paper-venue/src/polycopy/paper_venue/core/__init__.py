"""The exchange without its wires: no socket, no clock, no chance of its own.

From the bottom to the top; nothing knows what stands above it (an import contract):

    identity, kept, profiles, refusals     ids, lists that forget, names, the venue's "no"
    engine       markets, orders, books, accounts: decisions, facts, and the state they fold into
    sources      what strangers do: scripts of leaders, recorded or made up
    protocol     requests and answers, JSON, times, cursors
    faults       what can go wrong, whether it does, and what is left then
    limits       rate limits of the edge and of signers
    signing      API keys, signatures, wallets
    streams      the user and market channels and the activity feed
    scenarios    scenario files and commands, read and checked
    chain        a trade's way to the chain, and a Polygon node's view of it
    gamma        markets and events in Gamma's words
    data_api     what is on the chain in the indexer's words
    clob         the CLOB's REST side, from the edge to the desk
    control      what commands do, and the journal

An order goes down by `clob.pipeline`, `clob.routes`, `clob.desk`, `signing.asking` and
`engine.placing` to `engine.exchange.evolve`; `streams` tell what it causes and `chain.settlement`
says how it ends.
"""
