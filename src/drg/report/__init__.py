"""Results for people: console tables, trees and messages."""
