"""Events on their way in: judged by the contract and the rules, appended, an order's state compared."""
