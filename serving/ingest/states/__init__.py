"""An order as it stands in another system: the events that are missing are derived; those that are sent are not."""
