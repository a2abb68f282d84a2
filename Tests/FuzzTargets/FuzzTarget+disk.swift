import CLinux
import Glibc
import JSON
import NKeys

@testable import AgentCore
@testable import HostControl
@testable import PlatformCore

extension FuzzTarget {
  /// What stands in files: settings that a person writes, and state that a crash or a failing disk may damage.
  static let disk: [FuzzTarget] = [
    FuzzTarget(
      "agent-settings", dictionary: ["nats:\n", "agent:\n", "  - ", "&a", "*a", "<<: ", "---\n", "|\n"]
    ) { bytes in
      _ = try? SettingsFile(bytes: bytes, path: "agent.yaml")
    },
    FuzzTarget("platform-settings", dictionary: ["nats:\n", "callout:\n", "  - ", "buckets:\n"]) { bytes in
      _ = try? SettingsTable(yaml: text(bytes), file: "platform.yaml")
    },
    FuzzTarget("config-drive", dictionary: ["write_files:\n", "  - path: ", "    content: |\n"]) { bytes in
      _ = try? ConfigDrive(bytes: bytes, path: "user-data")
    },
    FuzzTarget("durations", dictionary: ["1h30m", "500ms", "-", "9999999999999999999"]) { bytes in
      _ = try? DurationText.parse(text(bytes))
      _ = MeasureText.duration(text(bytes))
      _ = MeasureText.bytes(text(bytes))
    },
    FuzzTarget("journal", dictionary: ["PCJRNL"]) { bytes in
      let file = linux_memory_file("fuzz")
      defer { close(file) }
      // A segment that begins well, whatever follows.
      let content = JournalSegment.header(watermark: 0) + bytes
      _ = content.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      let scan = JournalSegment.scan(file, size: content.count, checksResults: true) { _, offset, length in
        expect(
          offset + length <= content.count, "a frame of \(length) bytes at \(offset) of \(content.count)")
      }
      expect(scan.end <= content.count, "an end at \(scan.end) of \(content.count)")
      _ = JournalSegment.header(bytes[...])
    },
    FuzzTarget("clock-file", dictionary: ["\"boot_id\":", "\"time\":"]) { bytes in
      guard let value = try? JSONReader.parse(bytes) else { return }
      _ = ClockEvidence(value, bootID: "1", at: ClockReading(now: 1, isSynchronised: false))
    },
    FuzzTarget("command-record", dictionary: ["\"state\":", "\"attempts\":", "\"expires_at\":"]) { bytes in
      _ = CommandRecord(decoding: bytes)
    },
    FuzzTarget("update-state", dictionary: ["\"phase\":", "\"upgraded\":["]) { bytes in
      _ = try? UpdateState(parsing: bytes)
    },
    FuzzTarget(
      "credentials", dictionary: ["-----BEGIN NATS USER JWT-----\n", "------END NATS USER JWT------\n"]
    ) { bytes in
      _ = try? UserCredentials(text(bytes))
    },
  ]
}
