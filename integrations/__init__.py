"""Channel integrations to start from: small stacks of their own that subscribe to Milepost's topics."""
