"""How good a release is: rankings, fairness, plots and the page that shows them."""
