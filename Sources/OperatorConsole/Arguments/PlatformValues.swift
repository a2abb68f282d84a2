public import ArgumentParser
public import PlatformAPI

extension OperatorRole: ExpressibleByArgument {}

extension CommandView.State: ExpressibleByArgument {}
