// AgentProtocolTests
