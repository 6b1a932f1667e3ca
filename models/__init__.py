"""Text in, probabilities out.

Owns normalising, features, the classifier, its training and evaluation, explanations and
the file format of a release. Knows nothing of sites, queues or HTTP: it imports neither
`moderation` nor `workers`, nor anything that talks to a network.
"""
