"""When an order will ship: a distribution over the days on which its plant ships, that agrees with the risk."""
