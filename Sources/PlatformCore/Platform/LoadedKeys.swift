import NKeys
import XKeys

/// The keys that a configuration names, read from their files.
struct LoadedKeys: Sendable {
  var issuer: NKeyPair
  var xkey: XKeyPair?
  var warnings: [PlatformConfigurationError] = []

  /// Reads all keys, including those of the connections, so that a wrong one is an error at the start.
  init(_ configuration: PlatformConfiguration) throws(PlatformConfigurationError) {
    var found: [PlatformConfigurationError?] = []
    for file in [configuration.nats.fleetSeed, configuration.nats.systemSeed] {
      found.append(try file.keyPair(.user).warning)
    }
    let issuerFile = SeedFile(key: "callout.issuer_seed_file", path: configuration.callout.issuerSeedFile)
    let (issuer, warning) = try issuerFile.keyPair(.account)
    self.issuer = issuer
    found.append(warning)
    if let path = configuration.callout.xkeySeedFile {
      let file = SeedFile(key: "callout.xkey_seed_file", path: path)
      let (seed, warning) = try file.read()
      do throws(XKeyError) {
        xkey = try XKeyPair(seed: seed)
      } catch {
        throw PlatformConfigurationError(file: path, key: file.key, error.message)
      }
      found.append(warning)
    }
    warnings = found.compactMap(\.self)
  }
}

extension PlatformConfiguration.Connection {
  /// The seed of the user in the account of the fleet.
  var fleetSeed: SeedFile { SeedFile(key: "nats.seed_file", path: seedFile) }

  /// The seed of the user in the system account.
  var systemSeed: SeedFile { SeedFile(key: "nats.system_seed_file", path: systemSeedFile) }
}
