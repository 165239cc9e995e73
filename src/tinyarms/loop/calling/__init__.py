"""Call the models: cache, budget, parallel calls and their speed."""
