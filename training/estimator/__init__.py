"""For who lives in pandas and scikit-learn: the labelled table, its folds in time, classifiers. No trees grow here."""
