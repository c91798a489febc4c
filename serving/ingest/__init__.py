"""Events on their way in: checked by the contract and the rules, appended, an order's state compared."""
