import ConfigurationFiles
import NKeys

/// A file with the seed of a key (`SUAM…`).
struct SeedFile: Sendable {
  /// The configuration key that names the file.
  var key: String
  /// The path of the file.
  var path: String

  /// Reads the seed, with a warning when others may read or change the file. A file of root may be readable for the
  /// service's group.
  func read() throws(PlatformConfigurationError) -> (
    seed: String, warning: PlatformConfigurationError?
  ) {
    let file: TextFile
    do throws(FileError) {
      file = try TextFile(path: path, limit: 4096)
    } catch {
      throw PlatformConfigurationError(file: path, key: key, error.message)
    }
    var warning: PlatformConfigurationError?
    if file.mode & (file.owner == 0 ? 0o037 : 0o077) != 0 {
      let mode = PlatformConfiguration.octal(file.mode)
      warning = PlatformConfigurationError(
        file: path, key: key, "can be read by others than its owner (mode \(mode)): chmod 0600")
    } else if let problem = FileOwnership.problem(path: path, file) {
      warning = PlatformConfigurationError(file: path, key: key, problem)
    }
    // Comments and blank lines are skipped.
    let lines = file.text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
    guard let seed = lines.first(where: { $0.hasPrefix("S") }) else {
      throw PlatformConfigurationError(file: path, key: key, "holds no seed: a line that begins with S")
    }
    return (seed, warning)
  }

  /// Reads the key pair, which must be of the given kind.
  func keyPair(_ kind: NKeyKind) throws(PlatformConfigurationError) -> (
    pair: NKeyPair, warning: PlatformConfigurationError?
  ) {
    let (seed, warning) = try read()
    let pair: NKeyPair
    do throws(NKeyError) {
      pair = try NKeyPair(seed: seed)
    } catch {
      throw PlatformConfigurationError(file: path, key: key, error.message)
    }
    guard pair.publicKey.kind == kind else {
      throw PlatformConfigurationError(
        file: path, key: key, "holds the seed of a key for \(pair.publicKey.kind), not for \(kind)")
    }
    return (pair, warning)
  }
}
