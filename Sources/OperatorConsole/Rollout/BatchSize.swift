import ArgumentParser

/// The number of agents in a batch: absolute, or a percentage such as `25%`.
enum BatchSize: Sendable, Hashable, ExpressibleByArgument {
  /// An absolute number.
  case agents(Int)
  /// A percentage of all agents, rounded up.
  case percent(Int)

  init?(argument: String) {
    if argument.hasSuffix("%") {
      guard let percent = Int(argument.dropLast()), (1...100).contains(percent) else { return nil }
      self = .percent(percent)
    } else {
      guard let count = Int(argument), count >= 1 else { return nil }
      self = .agents(count)
    }
  }

  /// The default value in the help.
  var defaultValueDescription: String {
    switch self {
    case .agents(let count): "\(count)"
    case .percent(let percent): "\(percent)%"
    }
  }

  /// The number of agents in a batch.
  ///
  /// - Parameter total: The number of all agents.
  func count(of total: Int) -> Int {
    switch self {
    case .agents(let count): count
    case .percent(let percent): max(1, (total * percent + 99) / 100)
    }
  }
}
