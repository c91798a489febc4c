"""Commands on models that are there: two versions beside each other, what signals bring, MLflow's pages.

Training and promotion are a folder above; no work is done here.
"""
