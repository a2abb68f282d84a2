import ArgumentParser

/// How many agents are worked on at a time: a number, or a share as `25%`.
enum BatchSize: Sendable, Hashable, ExpressibleByArgument {
  /// So many.
  case agents(Int)
  /// So many in a hundred of all, rounded up.
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

  /// In the help.
  var defaultValueDescription: String {
    switch self {
    case .agents(let count): "\(count)"
    case .percent(let percent): "\(percent)%"
    }
  }

  /// Of so many agents.
  func count(of total: Int) -> Int {
    switch self {
    case .agents(let count): count
    case .percent(let percent): max(1, (total * percent + 99) / 100)
    }
  }
}
