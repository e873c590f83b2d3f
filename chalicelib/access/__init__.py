"""Accounts and access: who may sign in, and what each may do.

Where a function takes both `actor` and `call`, both are about one person: the rules look at the account `actor`, and
`call` says when and under which request it acts. Records are written as `call.by(actor.actor)`, so that they name the
account even where the call was made before anybody was signed in.
"""
