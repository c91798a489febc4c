"""The truth about a simulated plant: forked futures, interventions, the ledger."""
