"""Who did what, when, to which subject. Records are only ever added, in the transaction of the change they tell of."""
