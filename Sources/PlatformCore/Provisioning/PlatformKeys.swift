public import NKeys
public import XKeys

/// The keys of the platform, in a file each.
public struct PlatformKeys: Sendable {
  /// The account key that signs the responses of the callout.
  public var issuer: NKeyPair
  /// The platform's user in the account of the fleet.
  public var platform: NKeyPair
  /// The platform's user in the system account.
  public var system: NKeyPair
  /// The key that requests of the callout are encrypted for.
  public var xkey: XKeyPair

  /// The names of the key files.
  public static let fileNames = ["issuer.nk", "platform.nk", "system.nk", "xkey.nk"]

  /// Generates new keys.
  public init() throws {
    issuer = try NKeyPair(generating: .account)
    platform = try NKeyPair(generating: .user)
    system = try NKeyPair(generating: .user)
    xkey = try XKeyPair()
  }

  /// Reads the keys that ``write(to:)`` wrote.
  ///
  /// - Throws: ``PlatformConfigurationError``.
  init(readingFrom folder: String) throws(PlatformConfigurationError) {
    func file(_ index: Int) -> SeedFile {
      SeedFile(key: "keys", path: "\(folder)/\(Self.fileNames[index])")
    }
    issuer = try file(0).keyPair(.account).pair
    platform = try file(1).keyPair(.user).pair
    system = try file(2).keyPair(.user).pair
    let seed = try file(3).read().seed
    do throws(XKeyError) {
      xkey = try XKeyPair(seed: seed)
    } catch {
      throw PlatformConfigurationError(file: file(3).path, key: "keys", error.message)
    }
  }

  /// Writes the key files into a folder, which is created if needed. None is overwritten.
  ///
  /// - Parameter group: The group that may read them; nil: their owner only.
  public func write(to folder: String, group: UInt32? = nil) throws(FileError) {
    if let group {
      try PrivateFile.makeFolder(folder, group: group)
    } else {
      try PrivateFile.makeFolder(folder)
    }
    let seeds = [issuer.seed, platform.seed, system.seed, xkey.seed]
    for (name, seed) in zip(Self.fileNames, seeds) {
      try PrivateFile.write(seed + "\n", to: "\(folder)/\(name)", replaces: false, group: group)
    }
  }

  /// The public halves, for the servers.
  public var publicKeys: ServerConfiguration.Keys {
    ServerConfiguration.Keys(
      issuer: issuer.publicKey.description, platform: platform.publicKey.description,
      system: system.publicKey.description, xkey: xkey.publicKey.description)
  }
}
