public import JSON

/// Shortens the lists of a payload so that it fits a limit, and says in the payload how many entries each one lost.
///
/// Each list is entitled to the same part of the room; what one does not need is for the others.
public struct ListFitting: Sendable {
  /// A list that may be shortened.
  public struct List: Sendable {
    /// Its name in `omitted`.
    public var name: String
    /// Its entries, encoded.
    var sizes: [Int]
    /// The places of its entries, those to keep first.
    var order: [Int]

    /// A list.
    ///
    /// - Parameters:
    ///   - priorities: of its entries, the higher kept first; of equal ones the earlier.
    public init(_ name: String, _ entries: [JSONValue], priorities: [Double]? = nil) {
      self.name = name
      sizes = entries.map { JSONWriter.encode($0).count + 1 }
      order = Array(entries.indices)
      if let priorities, priorities.count == entries.count {
        order.sort { (priorities[$1], $0) < (priorities[$0], $1) }
      }
    }

    fileprivate var size: Int { sizes.reduce(0, +) }

    /// The places of the entries that fit, ascending.
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

  /// The places of the entries to keep, by list.
  public private(set) var kept: [String: [Int]] = [:]
  /// How many entries were left out, by list, in the order of the lists; empty when all fit.
  public private(set) var omitted = JSONObject()

  /// What fits.
  ///
  /// - Parameter room: bytes for all entries and for `omitted`.
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
