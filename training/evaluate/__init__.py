"""How good a model is: on later orders, each morning, under drift, in a backtest. No verdict lives here."""
