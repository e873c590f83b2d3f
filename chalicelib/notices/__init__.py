"""Mails that must go out because of a change: written in the transaction of the change, sent soon after."""
