import OperatorConsole

/// Swift Testing has an `ExitStatus` of its own.
typealias ProgramStatus = OperatorConsole.ExitStatus
