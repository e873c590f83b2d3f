"""Accounts and access: who may come in, and what each may do.

Where a function takes both `actor` and `call`, they are of one person: `actor` is the account that the rules look at,
`call` says when and under which request it acts. Records are written as `call.by(actor.actor)`, so that they name the
account even where the call was made before anybody was signed in.
"""
