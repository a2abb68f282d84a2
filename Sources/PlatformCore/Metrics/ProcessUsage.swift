import Glibc

/// The resource usage of this process.
struct ProcessUsage: Sendable, Equatable {
  /// Processor time in seconds.
  var cpuSeconds: Double
  /// Resident memory in bytes; nil where /proc is not available.
  var residentBytes: Double?
  /// Open descriptors.
  var descriptors: Int?
  /// The limit of open descriptors.
  var maxDescriptors: Double

  init() {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    cpuSeconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
    residentBytes = Self.residentPages.map { $0 * Double(getpagesize()) }
    descriptors = Self.openDescriptors
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    maxDescriptors = Double(limit.rlim_cur)
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

  private static var residentPages: Double? {
    do throws(FileError) {
      let fields = try TextFile(path: "/proc/self/statm", limit: 4096).text.split(separator: " ")
      return fields.count > 1 ? Double(fields[1]) : nil
    } catch {
      return nil
    }
  }

  private static var openDescriptors: Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without `.`, `..` and the descriptor of the folder itself.
    return count - 3
  }
}
