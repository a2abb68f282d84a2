public import JSON

/// Selects the entries of lists that fit a limit, and counts the others.
///
/// Every list gets an equal share of the room. What a list does not need is shared by the others.
public struct ListFitting: Sendable {
  /// A list to shorten.
  public struct List: Sendable {
    /// The name of the list in `omitted`.
    public var name: String
    /// The encoded sizes of the entries, in bytes.
    var sizes: [Int]
    /// The indices of the entries in the order in which they are kept.
    var order: [Int]

    /// Creates a list.
    ///
    /// - Parameters:
    ///   - priorities: The priorities of the entries. Higher ones are kept first, then earlier ones.
    public init(_ name: String, _ entries: [JSONValue], priorities: [Double]? = nil) {
      self.name = name
      sizes = entries.map { JSONWriter.encode($0).count + 1 }
      order = Array(entries.indices)
      if let priorities, priorities.count == entries.count {
        order.sort { (priorities[$1], $0) < (priorities[$0], $1) }
      }
    }

    fileprivate var size: Int { sizes.reduce(0, +) }

    /// The indices of the entries that fit, in ascending order.
    fileprivate func kept(within room: Int) -> [Int] {
      var left = room
      var kept: [Int] = []
      for place in order {
        if sizes[place] > left { break }
        left -= sizes[place]
        kept.append(place)
      }
      return kept.sorted()
    }
  }

  /// The indices of the entries to keep, by list.
  public private(set) var kept: [String: [Int]] = [:]
  /// The number of entries that were left out, by list, in the order of the lists; empty when all fit.
  public private(set) var omitted = JSONObject()

  /// Selects the entries.
  ///
  /// - Parameter room: The number of bytes for all entries and for `omitted`.
  public init(_ lists: [List], room: Int) {
    // `"omitted":{"disks":12345,…},`
    var left = max(0, room - 16 - lists.reduce(0) { $0 + $1.name.utf8.count + 24 })
    let ascending = lists.sorted { $0.size < $1.size }
    for (index, list) in ascending.enumerated() {
      let places = list.kept(within: left / (ascending.count - index))
      left -= places.reduce(0) { $0 + list.sizes[$1] }
      kept[list.name] = places
    }
    for list in lists {
      let count = list.sizes.count - (kept[list.name]?.count ?? 0)
      if count > 0 { omitted.append(list.name, JSONValue(count)) }
    }
  }
}
