// HTTPStatus.swift: the numbers' names, and the date, as HTTP/1.1 writes them.

internal import EventLoop

/// Phrases of status codes. Nobody reads them but people.
enum HTTPStatus {
    static func phrase(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 304: "Not Modified"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 417: "Expectation Failed"
        case 421: "Misdirected Request"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        default: "Status"
        }
    }
}

/// Dates as HTTP has them: `Fri, 20 Nov 2026 10:14:16 GMT`.
package enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The current date.
    package static func now() -> String { text(EventLoop.calendarSeconds) }

    /// The date of a moment in seconds since 1970. Years and months are simply walked: a few dozen
    /// subtractions, on answers that nobody counts in microseconds.
    package static func text(_ seconds: Int64) -> String {
        var day = Int(max(seconds, 0) / 86_400)
        let rest = Int(max(seconds, 0) % 86_400)
        let weekday = days[day % 7]
        var year = 1970
        while day >= length(ofYear: year) {
            day -= length(ofYear: year)
            year += 1
        }
        var month = 0
        while day >= length(ofMonth: month, in: year) {
            day -= length(ofMonth: month, in: year)
            month += 1
        }
        return "\(weekday), \(two(day + 1)) \(months[month]) \(year) "
            + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) GMT"
    }

    private static func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func length(ofYear year: Int) -> Int { isLeap(year) ? 366 : 365 }

    /// Months count from 0.
    private static func length(ofMonth month: Int, in year: Int) -> Int {
        switch month {
        case 1: isLeap(year) ? 29 : 28
        case 3, 5, 8, 10: 30
        default: 31
        }
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
