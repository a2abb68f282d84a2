import OperatorCommands

/// Swift Testing has an `ExitStatus` of its own.
typealias ProgramStatus = OperatorCommands.ExitStatus
