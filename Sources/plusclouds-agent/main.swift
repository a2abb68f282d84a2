print("plusclouds-agent")
