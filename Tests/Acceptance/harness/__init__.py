"""What the acceptance tests are built from: servers, agents, a platform, and ways to disturb them."""
