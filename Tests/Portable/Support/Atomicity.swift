/// A class whose instances are shared: the smallest program with reference counts.
final class Node {
  let number: Int

  init(_ number: Int) {
    self.number = number
  }
}

@main struct Atomicity {
  static func main() {
    let nodes = (0..<3).map { Node($0) }
    let copies = nodes
    print("\(copies.count) \(nodes[1].number)")
  }
}
