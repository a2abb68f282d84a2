import AgentProtocol
import Encoding
import JSON
import Logging
import NATS

extension NATSClientConfiguration {
  /// The client configuration of an agent, with the credentials that the platform's auth callout expects and without a pending
  /// buffer.
  ///
  /// - Throws: ``ConfigurationError`` that names the invalid key.
  static func agent(
    _ identity: AgentUUID, _ configuration: AgentConfiguration, environment: [String: String],
    loader: ConfigurationLoader, logger: Logger? = nil
  ) throws(ConfigurationError) -> NATSClientConfiguration {
    let nats = configuration.nats
    let key = nats.connectionType == .nats ? "nats.url" : "nats.websocket_url"
    let file = configuration.source ?? "environment"
    do {
      let servers = try NATSServerAddress.list(nats.serverURLs.joined(separator: ","))
      var result = NATSClientConfiguration(
        servers: servers, name: "plusclouds-vm-agent:\(identity.text)"
      ) {
        let reading = loader.reloadIdentity()
        for warning in reading.warnings {
          logger?.warning("configuration", metadata: ["reason": "\(warning)"])
        }
        return .userPassword(identity.text, reading.identity.apiKey.reveal())
      }
      result.tls = nats.tlsConfiguration
      try result.tls.validate(for: servers)
      result.ignoreDiscoveredServers = !nats.discover
      result.reconnect.maxDelay = nats.reconnectWait
      result.reconnect.maxReconnects = nats.maxReconnects
      // Detects a dead link within 40 s.
      result.pingInterval = .seconds(20)
      result.maxPingsOutstanding = 1
      result.pendingBufferSize = 0
      if let proxy = nats.proxy {
        result.proxy = try Self.proxy(proxy, file: file)
      } else {
        result.proxyEnvironment = try Self.proxyEnvironment(environment, for: servers)
        if let warning = NATSProxy.exemptionWarning(for: result.proxyEnvironment) {
          logger?.warning("configuration", metadata: ["reason": "\(warning)"])
        }
      }
      return result
    } catch let error as NATSError {
      throw ConfigurationError(file: file, key: key, message: error.message)
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError(file: file, key: key, message: "\(error)")
    }
  }

  private static func proxy(_ url: String, file: String) throws(ConfigurationError) -> NATSProxy {
    do {
      return try NATSProxy(url)
    } catch {
      throw ConfigurationError(file: file, key: "nats.proxy", message: error.message)
    }
  }

  private static let proxyVariables = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"]

  private static func proxyEnvironment(
    _ environment: [String: String], for servers: [NATSServerAddress]
  ) throws(ConfigurationError) -> [String: String] {
    let variables = environment.filter { proxyVariables.containsExactly($0.key) }
    do {
      for server in servers { _ = try NATSProxy.fromEnvironment(for: server, environment: variables) }
    } catch {
      throw ConfigurationError(file: "environment", key: "HTTPS_PROXY", message: error.message)
    }
    return variables
  }
}

extension NATSSettings {
  /// The TLS configuration of the client.
  var tlsConfiguration: NATSTLSConfiguration {
    NATSTLSConfiguration(
      mode: tls.first ? .first : .ifRequired, caFile: tls.caFile, certificateFile: tls.certFile,
      keyFile: tls.keyFile, serverNames: tls.serverNames, caFileSetting: "nats.tls.ca_file")
  }

  /// A warning that the API key may be sent in clear text; nil when it cannot, or when there is no key.
  var clearTextWarning: String? {
    guard !apiKey.isEmpty else { return nil }
    do throws(NATSError) {
      let servers = try NATSServerAddress.list(serverURLs.joined(separator: ","))
      return tlsConfiguration.clearTextWarning(for: servers, secret: "the api key")
    } catch {
      // Reported as an error when the client is configured.
      return nil
    }
  }
}
