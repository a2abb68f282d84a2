"""The harness of the acceptance tests: servers, agents, a platform, and ways to disturb them."""
