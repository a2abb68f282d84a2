import FuzzTargets
import Glibc
import Testing

/// Replays the corpus of every fuzz target, and mutations of it; `make fuzz` searches on from there.
@Suite struct FuzzTests {
  private static let rounds = 2_000

  @Test(arguments: FuzzTarget.all.map(\.name))
  func corpusAndItsMutationsCauseNoTrap(_ name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let corpus = try Corpus(name)
    #expect(!corpus.inputs.isEmpty, "Tests/FuzzTests/Corpus/\(name) has no file")
    corpus.inputs.forEach(target.run)
    var mutator = Mutator(seed: 1, dictionary: target.dictionary.map { Array($0.utf8) })
    for _ in 0..<Self.rounds {
      target.run(mutator.mutation(of: corpus.inputs))
    }
  }

  @Test func everyCorpusFolderHasATarget() throws {
    #expect(Set(try Corpus.names()) == Set(FuzzTarget.all.map(\.name)))
  }
}
